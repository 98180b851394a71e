export enum A { One } // an enum, which type stripping cannot erase
export class B { constructor(readonly x: number) {} } // a parameter property, which type stripping cannot erase
export const c: string = ['c'][0]; // an element that may not be there
export const d: { readonly e?: string } = { e: undefined }; // undefined for an absent member
export const f = (g) => g; // a parameter without a type
