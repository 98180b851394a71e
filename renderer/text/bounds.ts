/**
 * How much of a message is handed to a rule at once. The rules of `marked` and the grammars of
 * `highlight.js` take time that grows with the square of some part of their input; bounding that
 * part makes the whole grow with the length of the text. Lengths are UTF-16 units.
 * `bench/text-cost.ts` measures what these bounds buy.
 */

/** One inline run. A longer paragraph is read in pieces of this length, cut after a blank. */
export const LONGEST_RUN = 2_400;
/** Marks in one piece, `**` being one: the inline rules weigh each against all that follow. */
export const MOST_MARKS = 96;
/**
 * A run of printable ASCII without a space. An address of a mailbox has at most 254; a longer word
 * is shown as it is.
 */
export const LONGEST_WORD = 320;
/** The same for a word that holds a web address: `safeLink` refuses longer ones. */
export const LONGEST_ADDRESS = 2_048;
export const LONGEST_SPACE = 64;
/** Quotes and lists within one another; the lexer recurses for each. */
export const DEEPEST_BLOCK = 12;
/** Quotes and lists opened on one line. */
export const MOST_OPENERS = 10;
/** Lines of one quote or list; what follows begins another. */
export const MOST_LINES = 512;
/**
 * All that is handed to the block rules for one text, as a multiple of its length: each level reads
 * its part again.
 */
export const MOST_READINGS = 32;
/** Emphasis and links within one another. */
export const DEEPEST_INLINE = 12;
/**
 * Parts of one message: paragraphs, cells, links, stretches of text … Of more, each costs an
 * element of the page.
 */
export const MOST_PARTS = 1_500;
/**
 * A longer text is drawn without contextual letter forms: some runs of Inter take 0.2 s for 16 KiB
 * with them.
 */
export const LONGEST_CONTEXTUAL = 2_000;

/** A block of code longer than this stays plain. */
export const LONGEST_CODE = 12_000;
/**
 * Without a blank in it, as a key, a certificate or a minified line: with a longer one the block
 * stays plain.
 */
export const LONGEST_CODE_WORD = 1_000;
/** Stretches of one colour in a block of code: each costs an element of the page. */
export const MOST_RUNS = 3_000;
/** One block of code in the worker; then the worker is ended and the block stays plain. */
export const HIGHLIGHT_MS = 1_000;
/** The worker has started when it says so; one that takes longer than this is refused or broken. */
export const WORKER_START_MS = 15_000;
/** Workers that did not start, before none is started again. */
export const MOST_FAILED_STARTS = 3;
/** Coloured blocks of code that are kept, the one used longest ago going first. */
export const KEPT_BLOCKS = 200;
