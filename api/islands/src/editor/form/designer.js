export const fresh = () => ''; export const open = () => ({});
