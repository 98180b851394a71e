/**
 * What the doctor may find on the way to a relay, as one table: each step with everything it may say, and whether that is well. A
 * finding holds no words for people: the command line and the window have their own, one for each row here.
 */

export type Grade = 'well' | 'problem';

/** In the order in which they are taken. */
export const SAYINGS = {
  /** Only where the address is a name. Facts: `name`; `addresses`, joined by commas; `code` of the system. */
  name: { found: 'well', unknown: 'problem', 'no-answer': 'problem' },
  /** Facts: `port`; `code`. */
  port: {
    open: 'well',
    refused: 'problem',
    silent: 'problem',
    'no-route': 'problem',
    failed: 'problem',
  },
  /** Facts: `seen`, `expected` (fingerprints); `code`. `shown`: nothing to hold the key against. */
  tls: {
    pinned: 'well',
    trusted: 'well',
    shown: 'well',
    plain: 'well',
    'other-key': 'problem',
    'not-trusted': 'problem',
    'no-tls': 'problem',
    cut: 'problem',
  },
  /** Facts: `team` (its name); `status`; `code`. */
  http: {
    relay: 'well',
    'no-team-yet': 'well',
    'no-team': 'problem',
    'other-team': 'problem',
    version: 'problem',
    'not-a-relay': 'problem',
    /** A relay without TLS that was not told the name it is called by. */
    'unknown-host': 'problem',
    unavailable: 'problem',
    cut: 'problem',
  },
  /** This computer's clock beside the relay's. Facts: `seconds`, whole, of the difference. */
  clock: { right: 'well', unsaid: 'well', ahead: 'problem', behind: 'problem' },
  /**
   * Whether what a relay says over a stream comes when it is said. Facts: `ms` until a client had caught up; `seconds` that were waited;
   * `status`; `code`. `held-back`: the stream stayed silent while the relay answered beside it.
   */
  buffering: { passed: 'well', 'held-back': 'problem', 'no-stream': 'problem', cut: 'problem' },
  /** Facts: `status`; `code`; `ms` of the handshake. `asked-token`: all but the token was as it should be. */
  upgrade: {
    switched: 'well',
    'asked-token': 'well',
    'wrong-accept': 'problem',
    refused: 'problem',
    cut: 'problem',
  },
  token: { accepted: 'well', refused: 'problem', ended: 'problem', 'not-renewed': 'problem' },
  /**
   * How much silence the way bears. Facts, in whole seconds: `seconds` the line lived; `silent`, the silence in which it was cut, or the
   * longest that it lived through; `pause`, the longest silence that this relay leaves. `kept`: it lived through more than is ever
   * needed. `enough`: it was cut after more than two pauses. `tight`: after more than one, so that a late ping ends the line. `cut`:
   * sooner than the relay speaks. `spoken`: it lived, but the relay broke the silence, being too old to be asked for it. `closed`: the
   * relay ended it with `code`.
   */
  idle: {
    kept: 'well',
    enough: 'well',
    spoken: 'well',
    tight: 'problem',
    cut: 'problem',
    closed: 'problem',
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Grade>>>>;

export type StepName = keyof typeof SAYINGS;
export type Saying<Step extends StepName = StepName> = {
  readonly [Name in Step]: `${Name}.${keyof (typeof SAYINGS)[Name] & string}`;
}[Step];
export type Facts = Readonly<Record<string, string | number>>;

export interface Finding {
  readonly step: StepName;
  /** `step.what`, a row of the table. */
  readonly says: Saying;
  readonly isWell: boolean;
  readonly facts: Facts;
}

export function finding(says: Saying, facts: Facts = {}): Finding {
  const [step, what] = says.split('.') as [StepName, string];
  const grades: Readonly<Record<string, Grade>> = SAYINGS[step];
  return { step, says, isWell: grades[what] === 'well', facts };
}
