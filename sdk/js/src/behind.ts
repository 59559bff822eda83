// SPDX-License-Identifier: MIT
// What the server entry loads when it wraps its first server: events are made of what happened, cleaned and delivered.
// It is called when the host's message was handed on, and for what is added to a list of tools; it holds no state that the entry needs at once.
export { Back } from './behind/back.js';
export { tellAsking, tellInputResponses } from './behind/asking.js';
export { advertised, tellListing, tellRegistered } from './behind/catalogue.js';
export { tellClose, tellOpen } from './behind/connection.js';
export { tellAnswered, tellMissing, tellWidget } from './behind/answered.js';
export { tellNamed, tellUser } from './behind/named.js';
