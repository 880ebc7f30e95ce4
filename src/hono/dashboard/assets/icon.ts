/** The icon: two fish, as SVG. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<g fill="#0b7a8f">
<path d="M3 11q6-6 13 0l4-3v6l-4-3q-7 6-13 0z"/>
<path d="M12 22q6-6 13 0l4-3v6l-4-3q-7 6-13 0z"/>
</g>
</svg>
`;
