// The consent statement of a take, and whether it is still the project's current one.

import { consentedAt } from "./consent_card.js";

/**
 * Write the user's consent to the current statement into a take; false if there is none.
 * `consent_sha256` is the server's hash of the statement in `protocol.consent`.
 */
export function applyConsent(take, { user, protocol, consent_sha256 }) {
  if (take.consent?.sha256 === consent_sha256 && take.consented_at) return true;
  const { scope, statement } = protocol.consent;
  take.consented_at = consentedAt(user, protocol.consent);
  take.consent = { scope, statement, sha256: consent_sha256 };
  return take.consented_at !== null;
}
