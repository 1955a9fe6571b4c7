/** The states of a version: how each looks, and its word. */
export const STATES = { draft: ['plan', 'Draft'], in_review: ['hold', 'In review'], released: ['good', 'Released'], superseded: ['idle', 'Superseded'], retired: ['idle', 'Retired'] };
