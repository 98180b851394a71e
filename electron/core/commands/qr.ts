/**
 * An invite link as a QR code: rows of dark and light modules. The quiet zone is the page's to draw.
 */
import { encode } from 'uqr';

export const renderQr = (text: string): readonly (readonly boolean[])[] =>
  encode(text, { ecc: 'M', border: 0 }).data;
