// SPDX-License-Identifier: MIT
// Two-factor login: switch on with an authenticator, recovery codes, switch off.
import { type FormEvent, useState } from 'react';
import { encode } from 'uqr';
import { api } from '@/api/client';
import { sessionQuery } from '@/api/session';
import { useSession } from '@/app/place';
import { queryClient } from '@/app/query';
import { Badge } from '@/ui/badge';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { CopyButton } from '@/ui/copy';
import { Dialog, DialogButtons } from '@/ui/dialog';
import { Checkbox, TextField } from '@/ui/field';
import { formText, type FormState, useForm } from '@/ui/form';
import { Notice } from '@/ui/notice';

type Step = { kind: 'enrol'; secret: string; otpauthUrl: string } | { kind: 'codes'; codes: readonly string[] } | { kind: 'renew' } | { kind: 'off' };
const refresh = () => queryClient.refetchQueries({ queryKey: sessionQuery.queryKey });

export function TwoFactorCard() {
	const { user } = useSession();
	const form = useForm();
	const [step, setStep] = useState<Step | null>(null);
	const close = () => {
		setStep(null);
		void refresh();
	};
	const enrol = () =>
		void form.submit(async () => {
			setStep({ kind: 'enrol', ...(await api('post', '/api/auth/account/totp/enrol')) });
		});
	return (
		<Card title="Two-factor login">
			<div className="flex max-w-md flex-col items-start gap-3">
				<Badge tone={user.twoFactor ? 'success' : 'neutral'}>{user.twoFactor ? 'on' : 'off'}</Badge>
				{form.summary && <Notice tone="error">{form.summary}</Notice>}
				{user.twoFactor ? (
					<>
						<p className="text-secondary">{user.recoveryCodesLeft} of 10 recovery codes are left.</p>
						<div className="flex gap-2">
							<Button onClick={() => setStep({ kind: 'renew' })}>New recovery codes</Button>
							<Button kind="danger" onClick={() => setStep({ kind: 'off' })}>
								Switch off
							</Button>
						</div>
					</>
				) : (
					<>
						<p className="text-secondary">After the password, a code of your phone is asked for.</p>
						<Button kind="primary" busy={form.busy} onClick={enrol}>
							Switch on
						</Button>
					</>
				)}
			</div>
			{step?.kind === 'enrol' && <EnrolDialog {...step} onCodes={(codes) => setStep({ kind: 'codes', codes })} onClose={close} />}
			{step?.kind === 'renew' && <RenewDialog onCodes={(codes) => setStep({ kind: 'codes', codes })} onClose={close} />}
			{step?.kind === 'off' && <OffDialog onClose={close} />}
			{step?.kind === 'codes' && <CodesDialog codes={step.codes} onClose={close} />}
		</Card>
	);
}

function Qr({ text }: { text: string }) {
	const { data, size } = encode(text);
	const path = data.flatMap((row, y) => row.map((on, x) => (on ? `M${x} ${y}h1v1h-1z` : ''))).join('');
	return (
		<svg role="img" aria-label="QR code for your authenticator" viewBox={`0 0 ${size} ${size}`} className="size-48 rounded-control bg-[#fff] p-1" shapeRendering="crispEdges">
			<path d={path} fill="#000" />
		</svg>
	);
}

const CodeField = ({ form }: { form: FormState }) => (
	<TextField label="Code of your authenticator" name="code" inputMode="numeric" autoComplete="one-time-code" pattern="[0-9]{6}" maxLength={6} required autoFocus problem={form.problem('code')} />
);

function EnrolDialog({ secret, otpauthUrl, onCodes, onClose }: { secret: string; otpauthUrl: string; onCodes: (codes: readonly string[]) => void; onClose: () => void }) {
	const form = useForm(['code']);
	const submit = (e: FormEvent<HTMLFormElement>) => {
		e.preventDefault();
		const code = formText(e.currentTarget)('code');
		void form.submit(async () => onCodes((await api('post', '/api/auth/account/totp/confirm', { body: { code } })).recoveryCodes));
	};
	return (
		<Dialog title="Switch two-factor login on" onClose={onClose}>
			<form className="flex flex-col gap-4" onSubmit={submit}>
				<p>Scan this with your authenticator, or type the secret there. Then enter the code that it shows.</p>
				<div className="flex flex-wrap items-center gap-4">
					<Qr text={otpauthUrl} />
					<div className="flex flex-col items-start gap-2">
						<code className="font-mono break-all">{secret.replace(/(.{4})/g, '$1 ').trim()}</code>
						<CopyButton text={secret} label="Copy secret" />
					</div>
				</div>
				{form.summary && <Notice tone="error">{form.summary}</Notice>}
				<CodeField form={form} />
				<DialogButtons action="Switch on" busy={form.busy} onCancel={onClose} />
			</form>
		</Dialog>
	);
}

function RenewDialog({ onCodes, onClose }: { onCodes: (codes: readonly string[]) => void; onClose: () => void }) {
	const form = useForm(['code']);
	const submit = (e: FormEvent<HTMLFormElement>) => {
		e.preventDefault();
		const code = formText(e.currentTarget)('code');
		void form.submit(async () => onCodes((await api('post', '/api/auth/account/totp/recovery-codes', { body: { code } })).recoveryCodes));
	};
	return (
		<Dialog title="New recovery codes" onClose={onClose}>
			<form className="flex flex-col gap-4" onSubmit={submit}>
				<p>The codes that you have now stop working.</p>
				{form.summary && <Notice tone="error">{form.summary}</Notice>}
				<CodeField form={form} />
				<DialogButtons action="Make new codes" busy={form.busy} onCancel={onClose} />
			</form>
		</Dialog>
	);
}

function OffDialog({ onClose }: { onClose: () => void }) {
	const { user } = useSession();
	const form = useForm(['password', 'code']);
	const submit = (e: FormEvent<HTMLFormElement>) => {
		e.preventDefault();
		const text = formText(e.currentTarget);
		const code = text('code').trim();
		void form.submit(async () => {
			await api('post', '/api/auth/account/totp/disable', {
				body: { ...(/^\d{6}$/.test(code) ? { code } : { recoveryCode: code }), ...(user.hasPassword ? { password: text('password') } : {}) },
			});
			onClose();
		});
	};
	return (
		<Dialog title="Switch two-factor login off" onClose={onClose}>
			<form className="flex flex-col gap-4" onSubmit={submit}>
				<p>Your account is then protected by its password alone. All other logins end.</p>
				{form.summary && <Notice tone="error">{form.summary}</Notice>}
				{user.hasPassword && <TextField label="Password" name="password" type="password" autoComplete="current-password" required problem={form.problem('password')} />}
				<TextField label="Code or recovery code" name="code" autoComplete="one-time-code" required problem={form.problem('code')} />
				<DialogButtons action="Switch off" busy={form.busy} onCancel={onClose} />
			</form>
		</Dialog>
	);
}

function CodesDialog({ codes, onClose }: { codes: readonly string[]; onClose: () => void }) {
	const [stored, setStored] = useState(false);
	const text = codes.join('\n');
	const download = () => {
		const url = URL.createObjectURL(new Blob([`Yavio recovery codes\n\n${text}\n`], { type: 'text/plain' }));
		const link = document.createElement('a');
		link.href = url;
		link.download = 'yavio-recovery-codes.txt';
		link.click();
		URL.revokeObjectURL(url);
	};
	return (
		<Dialog title="Your recovery codes" onClose={onClose} locked>
			<div className="flex flex-col gap-4">
				<p>Each opens your account once when the authenticator is lost. They are shown this once.</p>
				<ul className="grid grid-cols-2 gap-2 rounded-control bg-muted p-4 font-mono text-small">
					{codes.map((c) => (
						<li key={c}>{c}</li>
					))}
				</ul>
				<div className="flex flex-wrap gap-2">
					<CopyButton text={text} size="normal" />
					<Button onClick={download}>Download</Button>
					<Button onClick={() => print()}>Print</Button>
				</div>
				<Checkbox label="I have stored them" checked={stored} onChange={(e) => setStored(e.target.checked)} />
				<Button kind="primary" className="self-end" disabled={!stored} onClick={onClose}>
					Done
				</Button>
			</div>
		</Dialog>
	);
}
