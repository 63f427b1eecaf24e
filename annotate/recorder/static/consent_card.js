// The card with the consent statement, and whether this user has agreed to it.

import { h } from "./dom.js";

const storageKey = (user, consent) => `annotate-aloud consent ${user} ${JSON.stringify(consent)}`;

/** When this user agreed to this statement in this browser; null if they didn't. */
export function consentedAt(user, consent) {
  return localStorage.getItem(storageKey(user, consent));
}

/** The statement and a button; `onAgree()` after the press. */
export function consentCard({ t, interfaceLanguage, user, consent, onAgree }) {
  const text = consent.text?.[interfaceLanguage] ?? consent.text?.en;
  return h(
    "section", { class: "annotate-card" },
    h("h4", {}, t("state_consent")),
    h("p", {}, text ?? t(`consent_${consent.scope}`)),
    h("p", { class: "annotate-small" }, t("consent_id", { statement: consent.statement })),
    h("button", {
      type: "button", class: "annotate-button annotate-large annotate-primary", "data-action": "agree",
      onclick: () => {
        localStorage.setItem(storageKey(user, consent), new Date().toISOString());
        onAgree();
      },
    }, t("consent_agree")),
  );
}
