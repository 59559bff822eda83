// SPDX-License-Identifier: MIT
// What bounds live views: seats of a user and of all, a reader that takes nothing, requests of a user.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { refused } from '../support/dashboard.mjs';
import { encode } from '../support/fcgi.mjs';
import { track } from '../support/ingest.mjs';
import { PATIENCE_MS, startLive } from '../support/live.mjs';
import { until } from '../support/process.mjs';

const SLOW_MS = 30_000; // as stream.h has it
let stack;

before(async () => {
	stack = await startLive({ settings: { YAVIO_SSE_PER_USER: '2', YAVIO_SSE_MAX: '3' } });
});
after(() => stack?.stop());

async function answer(person, project) {
	const viewer = await stack.open(person, project);
	return { status: viewer.status, headers: viewer.headers, json: await viewer.json() };
}

describe('limits of live views', () => {
	it('are of a user (3500) and of all (3501), and a seat is free again when its view ends', async () => {
		const one = await stack.tenant();
		const [second, third] = [await stack.site.person(), await stack.site.person()];
		for (const person of [second, third]) await stack.site.join(one.workspace, person, 'viewer');
		const open = [await stack.view(one.owner, one.project), await stack.view(one.owner, one.project)];
		const many = refused(await answer(one.owner, one.project), 429, 3500);
		assert.match(many.headers['retry-after'], /^[1-9][0-9]*$/);
		open.push(await stack.view(second, one.project));
		refused(await answer(third, one.project), 503, 3501);
		open[0].close();
		const again = await until('a seat', async () => {
			const viewer = await stack.open(third, one.project);
			return viewer.status === 200 && viewer;
		}, PATIENCE_MS);
		for (const viewer of [...open, again]) viewer.close();
	});

	it('end a reader that takes nothing (3502), while another of the project goes on', async () => {
		// or a seat of the views before would be missing for the slow one
		await until('nobody watches', async () => /^yavio_live_projects 0$/m.test(await stack.metrics()), PATIENCE_MS);
		const one = await stack.tenant();
		const viewer = await until('a seat', async () => {
			const v = await stack.open(one.owner, one.project, { backlog: 0 });
			return v.status === 200 && v;
		}, PATIENCE_MS);
		const uri = stack.path(one.project, { backlog: 0 });
		const slow = connect(stack.live.socket);
		slow.pause();
		slow.write(encode({ uri, headers: { Cookie: `${stack.site.cookie('yavio_session')}=${one.owner.client.session}` } }));
		let bytes = 0;
		slow.on('error', () => {});
		const big = () => track({ metadata: { text: 'x'.repeat(9000) } });
		const ended = async () => /^yavio_live_ended_total\{reason="YAVIO-3502"\} 1$/m.test(await stack.metrics());
		const deadline = Date.now() + SLOW_MS + PATIENCE_MS * 2;
		while (!(await ended())) {
			assert.ok(Date.now() < deadline, 'the slow reader is still there');
			await viewer.all(await stack.send(one.key, ...Array.from({ length: 40 }, big)));
		}
		slow.on('data', (piece) => (bytes += piece.length));
		slow.resume();
		await until('its connection is closed', () => slow.destroyed || slow.readableEnded || slow.closed, PATIENCE_MS);
		assert.ok(bytes < 2_000_000, `${bytes} bytes waited for it`);
		assert.equal(viewer.ended, false);
		viewer.close();
	});
});
