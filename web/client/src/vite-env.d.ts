/// <reference types="svelte" />
/// <reference types="vite/client" />

declare module '*?icon' {
  const markup: string;
  export default markup;
}
