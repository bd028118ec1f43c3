// Owns finding every regular expression of src/: literals and `RegExp(...)` calls, by the TypeScript parser, so that a
// pattern cannot hide behind formatting. A pattern that is put together at run time cannot be judged and is refused.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

export interface SourcePattern {
  /** `src/http/redirect.ts:27`. */
  readonly place: string;
  readonly source: string;
  readonly flags: string;
}

const PROJECT = join(import.meta.dirname, '..', '..', '..');

/** Every pattern of src/, in the order of the files. Throws for one that is made at run time. */
export function patternsOfSource(): SourcePattern[] {
  return readdirSync(join(PROJECT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .flatMap((path) => patternsIn(join(PROJECT, 'src', path)));
}

function patternsIn(path: string): SourcePattern[] {
  const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: SourcePattern[] = [];
  const visit = (node: ts.Node): void => {
    const place = `${relative(PROJECT, path)}:${file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1}`;
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/');
      found.push({ place, source: node.text.slice(1, end), flags: node.text.slice(end + 1) });
    } else if ((ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText(file) === 'RegExp') {
      found.push({ place, ...ofConstructor(node.arguments ?? [], place) });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function ofConstructor(given: readonly ts.Expression[], place: string): { source: string; flags: string } {
  const [source = '', flags = ''] = given.map((argument) => {
    if (ts.isStringLiteralLike(argument)) return argument.text;
    throw new Error(`${place}: a pattern made at run time cannot be shown to be linear; write it as a literal`);
  });
  return { source, flags };
}
