const WIDTH = 100;
const LABEL_WIDTH = 12;

/**
 * A label in a column of its own and the texts beside it, folded at blanks so that no line is longer than 100
 * characters. Only a word that is longer by itself, such as a link, sticks out.
 */
export function paragraph(label: string, texts: readonly string[]): string[] {
  const folded = texts.flatMap((text) => fold(text, WIDTH - LABEL_WIDTH - 2));
  return folded.map((line, index) => `  ${(index === 0 ? label : '').padEnd(LABEL_WIDTH)}${line}`.trimEnd());
}

/** A heading with a rule up to the full width. */
export function heading(text: string): string {
  return `── ${text} ${'─'.repeat(Math.max(0, WIDTH - text.length - 4))}`;
}

/** Lines of at most `width` characters; continued ones are indented. */
export function fold(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line === undefined) lines.push(word);
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(`  ${word}`);
  }
  return lines;
}
