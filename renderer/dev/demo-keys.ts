/** Two fingerprints of the demonstration: the one that is trusted, and another. */
export const KEY = '4f2a09c1d77be3518a60b2fe19c4457730de8812ab5d09e6f1c3a7427be8d09c';
export const OTHER_KEY = '4f2a09c1d77be3518a60b2fe19c44577aa01c9be74d2550e6c1fa3b8e02d713f';
