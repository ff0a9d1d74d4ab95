/** Whole hours of a time in milliseconds: certificates of the clouds are counted in them. */
export const hoursOf = (milliseconds: number): number => Math.floor(milliseconds / 3_600_000);
