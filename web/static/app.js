// SPDX-License-Identifier: MIT
// The start page: shows what /api/health says, every few seconds, and this server's own address in the example.
const INTERVAL_MS = 5000;
const body = document.getElementById('services');

function row(name, state) {
	const tr = document.createElement('tr');
	for (const text of [name, state]) {
		const td = document.createElement('td');
		td.textContent = text;
		tr.append(td);
	}
	tr.lastChild.className = state.startsWith('healthy') || state.startsWith('slow') ? 'healthy' : 'unhealthy';
	return tr;
}

async function refresh() {
	let rows;
	try {
		const answer = await fetch('/api/health', { headers: { Accept: 'application/json' } });
		const { status, services = {}, error } = await answer.json();
		rows = [row('dashboard', status ?? error?.code ?? `HTTP ${answer.status}`)];
		for (const [name, { status: state, latencyMs }] of Object.entries(services)) {
			rows.push(row(name, latencyMs === undefined ? state : `${state}, ${latencyMs} ms`));
		}
	} catch {
		rows = [row('dashboard', 'no answer')];
	}
	body.replaceChildren(...rows);
}

// Both ports take events: the one this page came from is certain to be reachable.
const example = document.getElementById('curl');
example.textContent = example.textContent.replace('http://localhost:3001', location.origin);

refresh();
setInterval(refresh, INTERVAL_MS);
