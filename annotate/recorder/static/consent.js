// The consent statement of a take, and whether it is still the project's current one.

import { consentedAt } from "./consent_card.js";

/**
 * Note in a take that its user has agreed to what `asked` asks for now; false if they haven't.
 * `asked` has `user`, the `protocol` and the server's name for its consent, `consent_sha256`.
 */
export function agree(take, { user, protocol, consent_sha256 }) {
  if (take.consent?.sha256 === consent_sha256 && take.consented_at) return true;
  const { scope, statement } = protocol.consent;
  take.consented_at = consentedAt(user, protocol.consent);
  take.consent = { scope, statement, sha256: consent_sha256 };
  return take.consented_at !== null;
}
