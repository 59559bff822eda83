// SPDX-License-Identifier: MIT
// A link whose secret is missing, used or too old.
import { Link } from '@tanstack/react-router';
import { AuthFrame } from './frame';

export function DeadLink({ title = 'This link does not work', children }: { title?: string; children: React.ReactNode }) {
	return (
		<AuthFrame
			title={title}
			intro={children}
			footer={
				<Link to="/login" className="inline-flex min-h-6 items-center self-start underline">
					Go to sign in
				</Link>
			}
		>
			<span />
		</AuthFrame>
	);
}
