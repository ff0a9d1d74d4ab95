export const PROJECT = { project: "shop" };
