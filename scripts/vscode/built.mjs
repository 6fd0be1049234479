/** Environment variable that tells scripts/prepublish.mjs that the product has been built. */
export const BUILT = 'V2S_BUILT';
