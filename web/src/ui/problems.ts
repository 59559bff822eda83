// SPDX-License-Identifier: MIT
// Words of the API about a field, as sentences, and errors that are about one field.
import * as E from '@/api/errors.gen';

export const PROBLEM_TEXT: Readonly<Record<string, string>> = {
	required: 'Please fill this in.',
	unknown: 'This is not expected here.',
	duplicate: 'This was given twice.',
	wrong_type: 'This has the wrong form.',
	one_of: 'Give one of these, not both.',
	too_short: 'This is too short.',
	too_long: 'This is too long.',
	too_small: 'This number is too small.',
	too_large: 'This number is too large.',
	bad_characters: 'This contains characters that cannot be used.',
	bad_format: 'This has the wrong form.',
	unknown_value: 'This value is not known.',
	not_in_future: 'This must be in the future.',
	reserved: 'This word is reserved.',
	common: 'This password is too common.',
	same_as_email: 'The password must differ from the e-mail address.',
	before_from: 'The end must come after the beginning.',
	mismatch: 'This does not match.',
};

export const CODE_FIELD: Readonly<Record<number, string>> = {
	[E.SECOND_FACTOR_WRONG]: 'code',
	[E.WORKSPACE_SLUG_EXISTS]: 'slug',
	[E.PROJECT_SLUG_EXISTS]: 'slug',
	[E.INVALID_WORKSPACE_NAME]: 'name',
	[E.INVALID_PROJECT_NAME]: 'name',
	[E.INVALID_SLUG_FORMAT]: 'slug',
	[E.INVALID_KEY_NAME]: 'name',
	[E.USER_ALREADY_MEMBER]: 'email',
	[E.INVITATION_ALREADY_PENDING]: 'email',
	[E.INVALID_ROLE]: 'role',
	[E.INVALID_PASSWORD]: 'currentPassword',
	[E.EMAIL_ALREADY_REGISTERED]: 'email',
	[E.PASSWORD_TOO_WEAK]: 'password',
};
