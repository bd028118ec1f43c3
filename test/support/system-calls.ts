// Owns reading what strace recorded (`-f -y`, one file for all threads): each call with the moments of its start and its end,
// so that "before" can be told although threads overlap.
import { readFileSync } from 'node:fs';

export interface SystemCall {
  readonly name: string;
  /** As strace prints them. */
  readonly args: string;
  /** Path of the first file: behind the descriptor, or the first in quotes. */
  readonly path: string;
  readonly succeeded: boolean;
  /** Numbers of the lines in which it began and had ended. */
  readonly startedAt: number;
  readonly endedAt: number;
}

const STARTED = /^(\d+) +(\w+)\((.*)$/;
const RESUMED = /^(\d+) +<\.\.\. (\w+) resumed>(.*)$/;
const UNFINISHED = ' <unfinished ...>';

/** The calls of a recording, in the order in which they began. */
export function readSystemCalls(recording: string): SystemCall[] {
  const calls: SystemCall[] = [];
  const open = new Map<string, { readonly name: string; readonly text: string; readonly startedAt: number }>();
  for (const [number, line] of readFileSync(recording, 'utf8').split('\n').entries()) {
    const resumed = RESUMED.exec(line);
    if (resumed !== null) {
      const begun = open.get(resumed[1]!);
      if (begun !== undefined) calls.push(callOf(begun.name, begun.text + resumed[3]!, begun.startedAt, number));
      open.delete(resumed[1]!);
      continue;
    }
    const started = STARTED.exec(line);
    if (started === null) continue;
    const [, thread, name, text] = started as unknown as [string, string, string, string];
    if (text.endsWith(UNFINISHED))
      open.set(thread, { name, text: text.slice(0, -UNFINISHED.length), startedAt: number });
    else calls.push(callOf(name, text, number, number));
  }
  return calls.sort((one, other) => one.startedAt - other.startedAt);
}

function callOf(name: string, text: string, startedAt: number, endedAt: number): SystemCall {
  const end = text.lastIndexOf(') ');
  const args = text.slice(0, end);
  const path = /^\d+<([^>]*)>/.exec(args)?.[1] ?? /"([^"]*)"/.exec(args)?.[1] ?? '';
  return { name, args, path, succeeded: !/= -1 /.test(text.slice(end)), startedAt, endedAt };
}
