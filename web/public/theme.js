// SPDX-License-Identifier: MIT
// Sets the theme before the first paint; the policy of the page allows no inline script.
(function () {
	var choice = null;
	try {
		choice = localStorage.getItem('yavio.theme');
	} catch (e) {
		// storage is switched off: the system decides
	}
	var dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
	document.documentElement.classList.toggle('dark', dark);
})();
