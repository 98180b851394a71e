/**
 * How much a test does. `npm test` runs a short form of the long suites; `npm run campaign` sets
 * `LANDLINE_CAMPAIGN` and runs all of them, on real servers where `npm test` has a stand-in.
 */
export const IS_CAMPAIGN = process.env['LANDLINE_CAMPAIGN'] === '1';

/** The first number in `npm test`, the second one in a campaign. */
export const amount = (short: number, whole: number): number => (IS_CAMPAIGN ? whole : short);
