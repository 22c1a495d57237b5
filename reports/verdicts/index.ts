/**
 * Every format of `tare compare` and `tare gate` by name: a report goes in, a string comes out. The one file
 * here that the command line imports.
 */
export { changeCsv as renderChangeCsv } from './csv.ts';
export {
  commentMark,
  gateAnnotations as renderGateAnnotations,
  gateComment as renderGateComment,
  gateSummary as renderGateSummary,
} from './github.ts';
export { gateGitlabQuality as renderGateGitlabQuality } from './gitlab.ts';
export { changeJson as renderChangeJson, gateExitCode, gateJson as renderGateJson } from './json.ts';
export { gateJunit as renderGateJunit } from './junit.ts';
export { changeMarkdown as renderChangeMarkdown, gateMarkdown as renderGateMarkdown } from './markdown.ts';
export { gateOpenMetrics as renderGateOpenMetrics } from './openmetrics.ts';
export { changeHtml as renderChangeHtml, gateHtml as renderGateHtml } from './page.ts';
export { changeText as renderChangeText, gateText as renderGateText } from './text.ts';
export { powerJson as renderPowerJson, powerText as renderPowerText } from './power.ts';
export { proofJson as renderProofJson, proofText as renderProofText } from './proof.ts';
export {
  calibrationJson as renderCalibrationJson,
  calibrationText as renderCalibrationText,
} from './calibration.ts';
