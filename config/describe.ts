import { type VariableDoc, type VariableName, variableNames, variables } from './variables';

/** Markers in docs/configuration.md between which the table is generated. */
const tableStart = '<!-- variables: generated from config/variables.ts -->';
const tableEnd = '<!-- /variables -->';

function docOf(name: VariableName): VariableDoc {
  return variables[name].doc;
}

function defaultText(doc: VariableDoc): string {
  if (doc.default === undefined) return '(unset)';
  return doc.default === '' ? '(empty)' : `\`${doc.default}\``;
}

/** The Markdown table of all variables, without the markers. */
function renderConfigurationTable(): string {
  const rows = variableNames.map((name) => {
    const doc = docOf(name);
    const about = doc.internal === true ? `${doc.about} Internal: set by \`clickchain start\`.` : doc.about;
    return `| \`${name}\` | ${defaultText(doc)} | ${doc.expects} | ${about} |`;
  });
  return ['| Variable | Default | Expected | What it does |', '|---|---|---|---|', ...rows].join('\n');
}

/** `current` with the table between the markers replaced; a page without markers is an error. */
export function updateConfigurationPage(current: string): string {
  const start = current.indexOf(tableStart);
  const end = current.indexOf(tableEnd);
  if (start < 0 || end < start) throw new Error('docs/configuration.md has lost its table markers');
  return `${current.slice(0, start)}${tableStart}\n${renderConfigurationTable()}\n${current.slice(end)}`;
}

/** The whole `.env.example`: every variable commented out, with its default. */
export function renderEnvExample(): string {
  const entries = variableNames
    .filter((name) => docOf(name).internal !== true)
    .map((name) => {
      const doc = docOf(name);
      const expects = doc.expects.replaceAll('`', '');
      return `# ${doc.about.replaceAll('`', '')}\n# Expected: ${expects}\n#${name}=${doc.default ?? ''}\n`;
    });
  const head =
    '# Every variable is optional. Export the ones you need before `npm start`; nothing loads this file by itself.\n# See docs/configuration.md. For docker compose there is deploy/compose.env.example.\n';
  return [head, ...entries].join('\n');
}
