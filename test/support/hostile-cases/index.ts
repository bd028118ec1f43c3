// All hostile cases. To add one, add a row to the file of its kind; the test and the scoreboard take it from here.
import { framingCases } from './define.ts';
import { chunkedCases } from './framing-chunked.ts';
import { brokenCodingCases } from './framing-coding-broken.ts';
import { codingCases } from './framing-coding.ts';
import { connectionCases } from './framing-connection.ts';
import { lengthCases } from './framing-length.ts';
import { genuineXmlCases } from './content-genuine-xml.ts';
import { genuineOtherCases } from './content-genuine.ts';
import { kindCases } from './content-kinds.ts';
import { refusalShapeCases } from './content-refusal-shapes.ts';
import { refusalCases } from './content-refusals.ts';
import { xmlCases } from './content-xml.ts';
import { framingFieldCases } from './strictness-framing.ts';
import { headCases } from './strictness-head.ts';
import { redirectCases } from './strictness-redirect.ts';
import { statusCases } from './strictness-status.ts';
import { SMALL, TWO_MIB } from './sizes.ts';
import type { HostileCase } from './types.ts';

/** Each once with small documents and once with large ones. */
const FRAMING = [lengthCases, chunkedCases, connectionCases, codingCases, brokenCodingCases];

export const hostileCases: readonly HostileCase[] = [
  ...[SMALL, TWO_MIB].flatMap((size) => FRAMING.flatMap((drafts) => framingCases(size, drafts))),
  ...xmlCases,
  ...genuineXmlCases,
  ...genuineOtherCases,
  ...kindCases,
  ...refusalCases,
  ...refusalShapeCases,
  ...statusCases,
  ...redirectCases,
  ...framingFieldCases,
  ...headCases,
];
