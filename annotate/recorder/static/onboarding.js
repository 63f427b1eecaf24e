// Steps before the first recording: consent, then the test of the microphone.

import { consentCard, consentedAt } from "./consent_card.js";
import { chosen } from "./microphone.js";
import { MicrophoneTest } from "./microphone_test.js";

export class Onboarding {
  #test = null;

  /** `recorder` has the panel, the protocol and the user, and shows cards. */
  constructor(recorder) {
    this.recorder = recorder;
  }

  /** Show the required steps, then call `onDone()`; false if none is required. */
  first(onDone) {
    const { user, protocol } = this.recorder;
    if (!consentedAt(user, protocol.consent)) this.showConsent(onDone);
    else if (chosen() === null) this.showTest(onDone);
    else return false;
    return true;
  }

  showConsent(onAgree) {
    const { panel, user, protocol } = this.recorder;
    const card = consentCard({
      t: panel.t, interfaceLanguage: panel.language, user, consent: protocol.consent, onAgree,
    });
    this.recorder.show("card", "", false, card);
  }

  showTest(onDone) {
    this.stop();
    this.#test = new MicrophoneTest({
      t: this.recorder.panel.t,
      onDone: () => {
        // Firefox asks people about this: not while they speak.
        navigator.storage?.persist?.().catch(() => {});
        onDone();
      },
    });
    this.recorder.show("card", "", false, this.#test.element);
  }

  /** Nothing listens any more. */
  stop() {
    this.#test?.stop();
    this.#test = null;
  }
}
