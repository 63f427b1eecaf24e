// Steps before the first recording: consent, then the microphone test.

import { consentCard, consentedAt } from "./consent_card.js";
import { storedDevice } from "./microphone.js";
import { MicrophoneTest } from "./microphone_test.js";

export class Onboarding {
  #test = null;

  /** `recorder` has the panel, the protocol and the user, and shows cards. */
  constructor(recorder) {
    this.recorder = recorder;
  }

  /** Show the next required step, then call `onDone()`; false if none is required. */
  showNextStep(onDone) {
    const { user, protocol } = this.recorder;
    if (!consentedAt(user, protocol.consent)) this.showConsent(onDone);
    else if (storedDevice() === null) this.showTest(onDone);
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
        // Firefox shows a permission prompt for this, so not during a recording.
        navigator.storage?.persist?.().catch(() => {});
        onDone();
      },
    });
    this.recorder.show("card", "", false, this.#test.element);
  }

  /** Stop the microphone test, if one is open. */
  stop() {
    this.#test?.stop();
    this.#test = null;
  }
}
