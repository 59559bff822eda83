// SPDX-License-Identifier: MIT
// The mark, as in public/favicon.svg: a part of the page, not one more request. A name where no text beside it says one.
export const Logo = ({ size, name, className }: { size: number; name?: string; className: string }) => (
	<svg viewBox="0 0 32 32" width={size} height={size} className={className} {...(name ? { role: 'img', 'aria-label': name } : { 'aria-hidden': true })}>
		<rect width="32" height="32" rx="7" fill="#0a0a0a" />
		<path d="M8 8l8 9v8M24 8l-8 9" fill="none" stroke="#fafafa" strokeWidth="3.2" strokeLinecap="round" strokeLinejoin="round" />
	</svg>
);
