// Owns finding every regular expression of src/: literals and `RegExp(...)` calls, by the TypeScript parser, so that a
// pattern cannot hide behind formatting. One that is put together from constants is put together; one that is made at run time
// cannot be judged and is refused.
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
      const [source, flags = ''] = (node.arguments ?? []).map((argument) => constantText(argument, file));
      if (source === undefined)
        throw new Error(`${place}: a pattern made at run time cannot be shown to be linear; write it as a literal`);
      found.push({ place, source, flags });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** The text of an expression that is made of literals and of constants of its file; undefined for any other. */
function constantText(expression: ts.Expression, file: ts.SourceFile): string | undefined {
  if (ts.isStringLiteralLike(expression)) return expression.text;
  if (ts.isIdentifier(expression)) {
    const initializer = constantNamed(expression.text, file);
    return initializer === undefined ? undefined : constantText(initializer, file);
  }
  if (!ts.isTemplateExpression(expression)) return undefined;
  const parts = expression.templateSpans.map((span) => {
    const value = constantText(span.expression, file);
    return value === undefined ? undefined : value + span.literal.text;
  });
  return parts.includes(undefined) ? undefined : expression.head.text + parts.join('');
}

function constantNamed(name: string, file: ts.SourceFile): ts.Expression | undefined {
  return file.statements
    .filter((statement) => ts.isVariableStatement(statement))
    .flatMap(({ declarationList }) => [...declarationList.declarations])
    .find((declaration) => declaration.name.getText(file) === name)?.initializer;
}
