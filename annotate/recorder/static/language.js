// The language of the interface: the user's own choice, else what the project says.

import { changeLanguage } from "./upload.js";

const LANGUAGES = ["en", "ar"];

/** The language to use, where a project has its own default. */
export function languageOf(standard) {
  const chosen = document.querySelector("meta[name=annotate-language]")?.content;
  return [chosen, standard].find((one) => LANGUAGES.includes(one)) ?? "en";
}

export const directionOf = (language) => (language === "ar" ? "rtl" : "ltr");

export const otherThan = (language) => (language === "ar" ? "en" : "ar");

/** Have the server remember a choice, and show the page in it. Drafts and takes survive that. */
export async function choose(language) {
  await changeLanguage(language);
  location.reload();
}
