/** A real QR code for the demo's invite link, by the library the core uses. */
import { encode } from 'uqr';

export const demoQr = (text: string): readonly (readonly boolean[])[] =>
  encode(text, { border: 0 }).data;
