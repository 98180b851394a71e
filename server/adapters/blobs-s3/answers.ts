/** What a storage server says in XML. Read strictly: half a list is no list. */
import sax from 'sax';

/** The texts of a document by the path that leads to them, such as `ListBucketResult/Contents/Key`. */
type Texts = ReadonlyMap<string, readonly string[]>;

/** No answer of ours goes deeper. */
const DEPTH = 6;

/** @throws Error  it is not a whole document */
function textsOf(xml: string): Texts {
  const texts = new Map<string, string[]>();
  const path: string[] = [];
  let text = '';
  const parser = sax.parser(true, { xmlns: false });
  parser.onerror = (error) => {
    throw error;
  };
  parser.onopentag = ({ name }) => {
    if (path.push(name) > DEPTH) throw new Error('too deep');
    text = '';
  };
  parser.ontext = (part) => {
    text += part;
  };
  parser.onclosetag = () => {
    const key = path.join('/');
    texts.set(key, [...(texts.get(key) ?? []), text]);
    path.pop();
    text = '';
  };
  parser.write(xml).close();
  return texts;
}

/** The server's own word for what went wrong, such as `NoSuchKey`; undefined where it says none. */
export function errorCodeOf(xml: string): string | undefined {
  try {
    const code = textsOf(xml).get('Error/Code')?.[0];
    return code !== undefined && /^\w{1,64}$/.test(code) ? code : undefined;
  } catch {
    return undefined;
  }
}

export interface Listing {
  readonly keys: readonly string[];
  /** Where the list goes on; undefined at its end. */
  readonly next: string | undefined;
}

/** Undefined when this is not a whole answer to a request for a list. */
export function listingOf(xml: string): Listing | undefined {
  let texts: Texts;
  try {
    texts = textsOf(xml);
  } catch {
    return undefined;
  }
  const one = (name: string): string | undefined => texts.get(`ListBucketResult/${name}`)?.[0];
  const keys = texts.get('ListBucketResult/Contents/Key') ?? [];
  if (keys.length !== (texts.get('ListBucketResult/Contents') ?? []).length) return undefined;
  if (one('IsTruncated') === 'false') return { keys, next: undefined };
  const next = one('NextContinuationToken');
  return one('IsTruncated') === 'true' && next !== undefined && next !== ''
    ? { keys, next }
    : undefined;
}
