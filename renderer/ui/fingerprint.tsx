/** A key's fingerprint for two people to compare: in groups, one line under the other, read out group by group. */
import styles from './fingerprint.module.css';

/** `4f2a…` → [`4F:2A:09:C1`, …]: eight groups of four bytes. */
export function fingerprintGroups(fingerprint: string): readonly string[] {
  const bytes =
    fingerprint
      .replace(/[^0-9a-f]/gi, '')
      .toUpperCase()
      .match(/../g) ?? [];
  const groups: string[] = [];
  for (let at = 0; at < bytes.length; at += 4) groups.push(bytes.slice(at, at + 4).join(':'));
  return groups;
}

export function Fingerprint({ value, other }: { readonly value: string; readonly other?: string }) {
  const groups = fingerprintGroups(value);
  const compared = other === undefined ? null : fingerprintGroups(other);
  return (
    <code className={styles['print']} dir="ltr">
      {groups.map((group, at) =>
        compared !== null && compared[at] !== group ? (
          <strong key={at}>{group}</strong>
        ) : (
          <span key={at}>{group}</span>
        ),
      )}
    </code>
  );
}
