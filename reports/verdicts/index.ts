/**
 * Every format of `tare compare` and `tare gate` by name: a report goes in, a string comes out. The one file
 * here that the command line imports.
 */
export { changeJson as renderChangeJson, gateExitCode, gateJson as renderGateJson } from './json.ts';
export { changeMarkdown as renderChangeMarkdown, gateMarkdown as renderGateMarkdown } from './markdown.ts';
export { changeText as renderChangeText, gateText as renderGateText } from './text.ts';
