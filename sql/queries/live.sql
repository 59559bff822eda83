-- SPDX-License-Identifier: MIT
-- What yavio-live hears of: logins and memberships that ended or changed.

-- name: access_listen
-- roles: app
-- prepare: no
LISTEN yavio_access;
