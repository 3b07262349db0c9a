/** Group rooms: loaded when a meeting is split, or somebody is about to split it. */
export { default as GroupBar } from './GroupBar.svelte';
export { default as GroupDialog } from './GroupDialog.svelte';
