// SPDX-License-Identifier: MIT
// Sign in: password or provider, then the second factor where it is on.
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { api } from '@/api/client';
import * as E from '@/api/errors.gen';
import { providersQuery } from '@/api/session';
import { safeNext } from '@/app/next';
import { useUrlState } from '@/app/url-state';
import { duration } from '@/format/number';
import { Button } from '@/ui/button';
import { TextField } from '@/ui/field';
import { formText, type FormState, useForm } from '@/ui/form';
import { Notice } from '@/ui/notice';
import { toast } from '@/ui/toast';
import { AuthFrame, useFragment } from './frame';
import { ProviderButtons } from './provider-buttons';
import { useEntered } from './use-entered';

const OAUTH_ERRORS: Record<string, string> = {
	'YAVIO-3009': 'Signing in with the provider failed. Please try again.',
	'YAVIO-3012': 'This identity belongs to another account. Sign in with your password, then link the provider in your account.',
	'YAVIO-3014': 'Registration is closed. Ask for an invitation.',
};

function Failure({ form, email }: { form: FormState; email: string }) {
	if (!form.summary) return null;
	const wait = form.error?.retryAfterS;
	const locked = [E.ACCOUNT_LOCKED_BRUTE_FORCE, E.ACCOUNT_LOCKED_ESCALATED, E.ACCOUNT_LOCKED_MANUAL].some((code) => code === form.error?.code);
	const resend = async () => {
		try {
			await api('post', '/api/auth/resend-verification', { body: { email }, csrf: true });
			toast('If the address waits for confirmation, a new link is on its way.');
		} catch {
			toast('The mail could not be sent now. Please try again later.', 'error');
		}
	};
	return (
		<Notice tone="error">
			<p>{form.summary}.</p>
			{locked && wait ? <p>Try again in {duration(wait * 1000)}.</p> : null}
			{form.error?.code === E.ACCOUNT_LOCKED_MANUAL && <p>We have sent you a mail with a link that unlocks it.</p>}
			{form.error?.code === E.EMAIL_NOT_VERIFIED && (
				<button type="button" className="underline" onClick={() => void resend()}>
					Send the link again
				</button>
			)}
		</Notice>
	);
}

function SecondFactor({ onDone }: { onDone: () => Promise<void> }) {
	const form = useForm(['code', 'recoveryCode']);
	const [recovery, setRecovery] = useState(false);
	const submit = (e: FormEvent<HTMLFormElement>) => {
		e.preventDefault();
		const value = formText(e.currentTarget)('code').trim();
		void form.submit(async () => {
			const answer = await api('post', '/api/auth/totp', { body: recovery ? { recoveryCode: value } : { code: value }, csrf: true });
			if (recovery) toast(`${answer.recoveryCodesLeft} recovery codes are left.`);
			await onDone();
		});
	};
	return (
		<AuthFrame
			title="Two-factor login"
			intro={recovery ? 'Enter one of the recovery codes that you have stored. Each works once.' : 'Enter the code that your authenticator shows.'}
			footer={
				<button type="button" className="min-h-6 self-start underline" onClick={() => setRecovery(!recovery)}>
					{recovery ? 'Use the authenticator' : 'Use a recovery code'}
				</button>
			}
		>
			<form key={String(recovery)} className="flex flex-col gap-4" onSubmit={submit}>
				{form.summary && (
					<Notice tone="error">
						{form.summary}.{form.error?.retryAfterS ? ` Try again in ${duration(form.error.retryAfterS * 1000)}.` : ''}
					</Notice>
				)}
				{recovery ? (
					<TextField label="Recovery code" name="code" autoComplete="off" required autoFocus mono />
				) : (
					<TextField label="Code" name="code" inputMode="numeric" autoComplete="one-time-code" pattern="[0-9]{6}" maxLength={6} required autoFocus />
				)}
				<Button kind="primary" type="submit" busy={form.busy}>
					Sign in
				</Button>
			</form>
		</AuthFrame>
	);
}

export default function Login() {
	const { data: providers } = useQuery(providersQuery);
	const url = useUrlState();
	const error = useFragment('error');
	const form = useForm();
	const entered = useEntered();
	const [email, setEmail] = useState('');
	const [code, setCode] = useState(url.text('step') === 'code');
	const next = safeNext(url.text('next'));
	const submit = (e: FormEvent<HTMLFormElement>) => {
		e.preventDefault();
		const text = formText(e.currentTarget);
		void form.submit(async () => {
			const answer = await api('post', '/api/auth/login', { body: { email, password: text('password') }, csrf: true });
			if (answer.status === 'totp_required') setCode(true);
			else await entered(next);
		});
	};
	if (url.text('done')) return <AuthFrame title="You are signed in" intro="Close this tab and go on where you were."><span /></AuthFrame>;
	if (code) return <SecondFactor onDone={() => entered(next)} />;
	return (
		<AuthFrame
			title="Sign in"
			footer={
				<>
					<Link to="/forgot-password" className="inline-flex min-h-6 items-center self-start underline">
						Forgot your password?
					</Link>
					{providers?.registration === 'open' && !providers.setupNeeded && (
						<span>
							No account yet?{' '}
							<Link to="/register" search={url.text('next') ? { next } : {}} className="underline">
								Register
							</Link>
						</span>
					)}
				</>
			}
		>
			{providers?.setupNeeded && <Notice tone="info">This server is new and has no account yet. Open the set-up link that its first start printed, or run <code className="font-mono">yavio setup-token</code> for a new one.</Notice>}
			{error && !form.summary && <Notice tone="error">{OAUTH_ERRORS[error] ?? 'Signing in with the provider failed. Please try again.'}</Notice>}
			<form className="flex flex-col gap-4" onSubmit={submit}>
				<Failure form={form} email={email} />
				<TextField label="E-mail address" name="email" type="email" autoComplete="username" required autoFocus value={email} onChange={(e) => setEmail(e.target.value)} />
				<TextField label="Password" name="password" type="password" autoComplete="current-password" required />
				<Button kind="primary" type="submit" busy={form.busy}>
					Sign in
				</Button>
			</form>
			<ProviderButtons purpose="login" returnTo={next} />
		</AuthFrame>
	);
}
