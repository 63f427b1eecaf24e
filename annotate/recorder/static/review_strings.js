// Texts of the review panel, in English and Arabic.

const EN = {
  title: "Review this caption", caption: "Caption", said: "What was said", image: "The image that is described",
  other_language: "العربية", language: "Interface language",
  words: "{count} words", edited_words: "{count} yours",
  play: "Play the caption", stop: "Stop", play_voice: "Play what {who} said",
  said_by: "What {who} said, word by word. Arrow keys move, Enter plays on from there.",
  hint: "Click a word to hear it, with Alt to play on from there.",
  word_corrected: "{who} wrote this in place of: {heard}",
  word_sure: "{percent}% sure", word_edited: "Written by you: no recording says it.",
  word_offered: "Not spoken: written earlier by a person.", word_synthetic: "Not spoken: written by a model.",
  word_unknown: "Nothing more is known of this word.",
  hear: "Hear words on click", restore: "Restore the text",
  legend_unsure: "unsure", legend_doubtful: "doubtful", legend_edited: "yours, not said",
  doubts: "Doubtful: {at} of {count}", doubts_count: "Doubtful sentences: {count}", no_doubts: "No sentence is doubtful.",
  next: "Next", previous: "Previous", play_sentence: "Hear it",
  earlier: "Two reviewers differ. What you decide holds.", take: "Use this text",
  checks: "What the checks say", checks_passed: "Every check was passed.",
  accept: "Accept", fix: "Fix", reject: "Reject", decision: "Decision", submits: "submits", why: "Why?",
  reason_not_described: "Picture not described", reason_wrong: "Wrong", reason_offensive: "Offensive",
  reason_private: "Names a person", reason_bad_audio: "Bad audio", reason_other: "Something else",
  lack_choice: "Read it, then accept, fix or reject.", lack_reason: "Choose one reason: press 1 to 6.",
  lack_text: "The caption is empty: restore the text, or reject it.",
  lack_change: "Nothing is changed yet: type in the caption, or accept it.",
  ready_accept: "Accepted as it stands.", ready_fix: "Your changes are a fix.", ready_reject: "Rejected.",
  shown: "This is a decision that was taken.", no_button: "Label Studio offers no Submit at the moment.",
  doubt_unsure: "The recognizer isn't sure of: {detail}",
  doubt_outside_speech: "No speech was found where this was heard.",
  doubt_knock: "A click or thud lies over the voice here.",
  doubt_loop: "The same is heard again and again here: it may be made up.",
  doubt_no_time: "The time of a word here is guessed.",
};

const AR = {
  title: "راجِع هذا الوصف", caption: "الوصف", said: "ما قيل", image: "الصورة الموصوفة",
  other_language: "English", language: "لغة الواجهة",
  words: "عدد الكلمات: {count}", edited_words: "منها لك: {count}",
  play: "تشغيل الوصف", stop: "إيقاف", play_voice: "تشغيل ما قاله {who}",
  said_by: "ما قاله {who} كلمةً كلمة. مفاتيح الأسهم للتنقل، وEnter للتشغيل من هناك.",
  hint: "انقر على كلمة لسماعها، ومع Alt للتشغيل من هناك.",
  word_corrected: "كتب {who} هذا بدلًا من: {heard}",
  word_sure: "الثقة {percent}٪", word_edited: "كتبتَها أنت: لا يقولها أي تسجيل.",
  word_offered: "لم تُقل: كتبها شخص من قبل.", word_synthetic: "لم تُقل: كتبها نموذج.",
  word_unknown: "لا يُعرف المزيد عن هذه الكلمة.",
  hear: "سماع الكلمة عند النقر", restore: "استعادة النص",
  legend_unsure: "غير مؤكدة", legend_doubtful: "مشكوك فيها", legend_edited: "كتبتَها أنت",
  doubts: "مشكوك فيه: {at} من {count}", doubts_count: "جمل مشكوك فيها: {count}", no_doubts: "لا توجد جملة مشكوك فيها.",
  next: "التالي", previous: "السابق", play_sentence: "استمع إليها",
  earlier: "اختلف مراجعان، وقرارك هو الحاسم.", take: "استخدم هذا النص",
  checks: "نتائج الفحوص", checks_passed: "اجتاز كل الفحوص.",
  accept: "قبول", fix: "تصحيح", reject: "رفض", decision: "القرار", submits: "للإرسال", why: "لماذا؟",
  reason_not_described: "لا يصف الصورة", reason_wrong: "خطأ", reason_offensive: "مسيء",
  reason_private: "يسمّي شخصًا", reason_bad_audio: "صوت رديء", reason_other: "سبب آخر",
  lack_choice: "اقرأه، ثم اقبله أو صحّحه أو ارفضه.", lack_reason: "اختر سببًا واحدًا: اضغط من 1 إلى 6.",
  lack_text: "الوصف فارغ: استعد النص أو ارفضه.",
  lack_change: "لم يتغيّر شيء بعد: اكتب في الوصف أو اقبله.",
  ready_accept: "مقبول كما هو.", ready_fix: "تعديلاتك تُعدّ تصحيحًا.", ready_reject: "مرفوض.",
  shown: "هذا قرار اتُّخذ من قبل.", no_button: "لا يتيح Label Studio الإرسال الآن.",
  doubt_unsure: "التعرّف على الكلام غير متأكد من: {detail}",
  doubt_outside_speech: "لم يُعثر على كلام حيث سُمع هذا.",
  doubt_knock: "نقرة أو خبطة تغطي الصوت هنا.",
  doubt_loop: "يتكرر الكلام نفسه هنا مرارًا: قد يكون مختلَقًا.",
  doubt_no_time: "وقت كلمة هنا مُقدَّر.",
};

const LANGUAGES = { en: EN, ar: AR };
/** A function that returns the text of a key, with `{name}` replaced by values; "" if there is none. */
export function translator(language) {
  return (key, values = {}) =>
    (LANGUAGES[language][key] ?? EN[key] ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}
