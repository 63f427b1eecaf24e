// The interface language: the user's choice, else the project's setting.

import { saveLanguage } from "./upload.js";

const LANGUAGES = ["en", "ar"];

/** The user's choice if there is one, else the project's default, else English. */
export function interfaceLanguage(projectDefault) {
  const chosen = document.querySelector("meta[name=annotate-language]")?.content;
  return [chosen, projectDefault].find((language) => LANGUAGES.includes(language)) ?? "en";
}

export const textDirection = (language) => (language === "ar" ? "rtl" : "ltr");

export const otherLanguage = (language) => (language === "ar" ? "en" : "ar");

/** Store the language on the server and reload the page. Drafts and takes are preserved. */
export async function switchLanguage(language) {
  await saveLanguage(language);
  location.reload();
}
