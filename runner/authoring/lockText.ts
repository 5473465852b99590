import { canonicalJson } from "../base/canonicalJson";
import type { Lock, LockedStep } from "../directive/lock";
import type { LockedStatement } from "../model";

/**
 * The text of lock.json: JSON with one line for each object, change and need, below the lines of their statement and step, so
 * that differences can be reviewed line by line.
 */
export function lockText({ version, directive, after, files, steps }: Lock): string {
  const head = [
    `"version": ${canonicalJson(version)}`,
    `"directive": ${canonicalJson(directive)}`,
    `"after": ${canonicalJson(after)}`,
    `"files": {\n${Object.entries(files)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map((entry) => entry.map(canonicalJson).join(": "))
      .join(",\n")}\n}`,
    `"steps": ${lines(steps.map(stepText))}`,
  ];
  return `{\n${head.join(",\n")}\n}\n`;
}

function stepText({ inverse, statements, ...head }: LockedStep): string {
  const { step, kind, required, file, syntax } = head;
  return `{${fields({ step, kind, required, file, syntax })},\n"inverse": ${inverseText(inverse)},\n"statements": ${lines(statements.map(statementText))}}`;
}

function inverseText(inverse: LockedStep["inverse"]): string {
  if (inverse.proof !== "proved") {
    return canonicalJson(inverse);
  }
  const { file, proof, statements } = inverse;
  return `{${fields({ file, proof })}, "statements": ${lines(statements.map(statementText))}}`;
}

function statementText(statement: LockedStatement): string {
  const { added, changed, renamed, removed, needs, builtIns, roles, tables, ...head } = statement;
  const lists = Object.entries({ added, changed, renamed, removed, needs, tables })
    .filter(([, list]) => list.length > 0)
    .map(([name, list]) => `,\n"${name}": ${lines(list.map(canonicalJson))}`);
  const names = Object.entries({ builtIns, roles })
    .filter(([, list]) => list.length > 0)
    .map(([name, list]) => `,\n${fields({ [name]: list })}`);
  return `{${fields(head)}${lists.join("")}${names.join("")}}`;
}

function fields(values: Readonly<Record<string, unknown>>): string {
  return Object.entries(values)
    .map(([name, value]) => `"${name}": ${canonicalJson(value)}`)
    .join(", ");
}

function lines(texts: readonly string[]): string {
  return texts.length === 0 ? "[]" : `[\n${texts.join(",\n")}\n]`;
}
