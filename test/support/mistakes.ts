// Owns a table of mistakes at the command line: what a user types, the exit code, and the one sentence that answers.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BIN_FILE, runProgram, type CommandEnd } from './command-line.ts';

export interface Mistake {
  /** As typed in a shell, in the folder of FILES. */
  readonly command: string;
  readonly exitCode: number;
  /** Without the name of the program before it; `<cwd>` is the folder. */
  readonly says: string;
}

const SEC = 'https://www.sec.gov/Archives/edgar/data/1000697/000095012310017583/wat-20091231.xml';
const OTHER = 'http://127.0.0.1:9/x.xml';

/** What lies in the folder; a name that ends in / is a folder. */
const FILES: Readonly<Record<string, string | Buffer>> = {
  'list.txt': `${OTHER}\n`,
  'sec.txt': `${SEC}\n`,
  'folder/': '',
  'page.html': `<!DOCTYPE html>\n<html><body>\n<a href="${SEC}">10-K</a>\n`,
  'rows.jsonl': `{"url":"${SEC}"}\n{"url":"${SEC}"}\n`,
  shadow: 'root:$6$secret$hash:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\n',
  'master.idx': '1000697|WATERS CORP|10-K|2010-02-26|edgar/data/1000697/0000950123-10-017583.txt\n',
  'table.csv': `url,form\n${SEC},10-K\n`,
  'list.xlsx': Buffer.from([0x50, 0x4b, 3, 4, 0x14, 0, 6, 0, 10]),
  'list.txt.gz': Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]),
  'utf16.txt': Buffer.from(`${SEC}\n`, 'utf16le'),
  'two words.txt': 'no URL\n',
};

const TABLE: readonly (readonly [string, number, string])[] = [
  // The list.
  ['edgar-fetch nofile.txt', 2, 'there is no file nofile.txt; give a file with one URL a line, or - for stdin'],
  ['edgar-fetch list.txt nofile.txt', 2, 'there is no file nofile.txt; give a file with one URL a line, or - for stdin'],
  ['edgar-fetch list.txt/x', 2, 'there is no file list.txt/x; give a file with one URL a line, or - for stdin'],
  ['edgar-fetch folder', 2, 'folder is a folder; give a file with one URL a line, and the destination as --out folder'],
  ['edgar-fetch list.txt folder', 2, 'folder is a folder; give a file with one URL a line, and the destination as --out folder'],
  ['edgar-fetch page.html', 2, 'page.html is not a list of URLs; line 1 is not a URL: it looks like HTML or XML; give the URLs in it, one a line'],
  ['edgar-fetch rows.jsonl', 2, 'rows.jsonl is not a list of URLs; line 1 is not a URL: it looks like JSON; give the URLs in it, one a line'],
  ['edgar-fetch shadow', 2, 'shadow is not a list of URLs; line 1 is not a URL: give one URL a line, beginning with https://'],
  ['edgar-fetch master.idx', 2, 'master.idx is not a list of URLs; line 1 is not a URL: it looks like a line of an EDGAR index; give https://www.sec.gov/Archives/ and the file name of its last column'],
  ['edgar-fetch table.csv', 2, 'table.csv is not a list of URLs; line 2 looks like a line of a CSV; give the column of URLs alone, or the URL, a space and your own tag'],
  ['edgar-fetch list.xlsx', 2, 'list.xlsx is a binary file, not a list of URLs (one a line); give a text file'],
  ['edgar-fetch list.txt.gz', 2, 'list.txt.gz is compressed; uncompress it with gunzip or zcat first'],
  ['edgar-fetch utf16.txt', 2, 'utf16.txt is a binary file, not a list of URLs (one a line); give a text file'],
  ["edgar-fetch 'two words.txt'", 2, 'two words.txt is not a list of URLs; line 1 is not a URL: give one URL a line, beginning with https://'],
  ['edgar-fetch /bin/ls', 2, '/bin/ls is a binary file, not a list of URLs (one a line); give a text file'],
  ['yes | head -100000 | edgar-fetch', 2, 'stdin is not a list of URLs; line 1 is not a URL: give one URL a line, beginning with https://'],
  ['edgar-fetch - - < list.txt', 2, 'stdin can be read once only; give - once'],
  ["edgar-fetch ''", 2, 'the name of the list is empty; give a file with one URL a line, or - for stdin'],
  // Its lines.
  ['echo www.sec.gov/Archives/edgar/data/1/2/a.xml | edgar-fetch', 2, 'stdin is not a list of URLs; line 1 is not a URL: https:// is missing before it'],
  ['echo sec.gov/Archives/edgar/data/1/2/a.xml | edgar-fetch', 2, 'stdin is not a list of URLs; line 1 is not a URL: https:// is missing before it'],
  ['echo edgar/data/1/2/a.xml | edgar-fetch', 2, 'stdin is not a list of URLs; line 1 is not a URL: https://www.sec.gov/Archives/ is missing before it'],
  ['echo /Archives/edgar/data/1/2/a.xml | edgar-fetch', 2, 'stdin is not a list of URLs; line 1 is not a URL: https://www.sec.gov is missing before it'],
  ['echo Archives/edgar/data/1/2/a.xml | edgar-fetch', 2, 'stdin is not a list of URLs; line 1 is not a URL: https://www.sec.gov/ is missing before it'],
  ['echo //www.sec.gov/Archives/edgar/data/1/2/a.xml | edgar-fetch', 2, 'stdin is not a list of URLs; line 1 is not a URL: https: is missing before it'],
  ['echo ftp://ftp.sec.gov/edgar/data/1/a.txt | edgar-fetch', 2, 'stdin is not a list of URLs; line 1 is not a URL: only http:// and https:// can be fetched'],
  ['echo 0000950123-10-017583 | edgar-fetch', 2, 'stdin is not a list of URLs; line 1 is not a URL: give one URL a line, beginning with https://'],
  ['echo https://me:secret@www.sec.gov/a.xml | edgar-fetch', 2, 'stdin is not a list of URLs; line 1 is not a URL: user names in URLs are refused'],
  [`echo ${SEC},10-K | edgar-fetch`, 2, 'stdin is not a list of URLs; line 1 looks like a line of a CSV; give the column of URLs alone, or the URL, a space and your own tag'],
  [`echo '"${OTHER}"' | edgar-fetch`, 2, 'stdin is not a list of URLs; line 1 is not a URL: the URL must come first; put your own tag after it'],
  [`echo ${OTHER} ${OTHER} | edgar-fetch`, 2, 'stdin is not a list of URLs; line 1 has a second URL; give one URL a line'],
  [`echo '${OTHER};${OTHER}' | edgar-fetch`, 2, 'stdin is not a list of URLs; line 1 has a second URL; give one URL a line'],
  [`edgar-fetch ${SEC}${SEC}`, 2, 'the command line is not a list of URLs; line 1 has a second URL; give one URL a line (is a newline missing at the end of a file that was joined?)'],
  [`edgar-fetch ${SEC},${SEC}`, 2, 'the command line is not a list of URLs; line 1 has a second URL; give one URL a line'],
  ['edgar-fetch www.sec.gov/Archives/edgar/data/1/2/a.xml', 2, 'there is no file www.sec.gov/Archives/edgar/data/1/2/a.xml; if it is meant as a URL, https:// is missing before it'],
  // Commands.
  ['edgar-fetch verfy folder', 2, 'there is no command and no file verfy; did you mean verify?'],
  ['edgar-fetch hlep', 2, 'there is no command and no file hlep; did you mean help?'],
  ['edgar-fetch help verfy', 2, 'there is no help on verfy; did you mean verify?'],
  ['edgar-fetch help rate', 2, 'there is no help on rate; choose verify, completion, help, options'],
  ['edgar-fetch verify', 2, '<dir> is missing after edgar-fetch verify; see edgar-fetch verify --help'],
  ['edgar-fetch verify folder', 2, 'folder has no manifest (.edgar-fetch/manifest.jsonl); give the --out folder of an earlier run'],
  ['edgar-fetch verify nofolder', 2, 'nofolder has no manifest (.edgar-fetch/manifest.jsonl); give the --out folder of an earlier run'],
  ['edgar-fetch verify folder folder', 2, 'there are too many arguments for edgar-fetch verify; see edgar-fetch verify --help'],
  ['edgar-fetch verify folder --lst list.txt', 2, "unknown option '--lst' (Did you mean --list?); see edgar-fetch verify --help"],
  ['edgar-fetch verify folder --list', 2, '--list <file> needs a value; see edgar-fetch verify --help'],
  ['edgar-fetch --json verify folder', 2, 'give the options of verify after its name: edgar-fetch verify <dir> [options]'],
  ['edgar-fetch completion', 2, '<shell> is missing after edgar-fetch completion; see edgar-fetch completion --help'],
  ['edgar-fetch completion tcsh', 2, 'there are no completions of tcsh; choose bash, zsh or fish'],
  // Options.
  ['edgar-fetch list.txt --ot x', 2, "unknown option '--ot' (Did you mean --out?); see edgar-fetch --help"],
  ['edgar-fetch --hlep', 2, "unknown option '--hlep' (Did you mean --help?); see edgar-fetch --help"],
  ['edgar-fetch list.txt --depth 3', 2, "unknown option '--depth'; see edgar-fetch --help"],
  ['edgar-fetch -v', 2, "unknown option '-v'; give --log-level info or debug for more output, --version for the version"],
  ['edgar-fetch -i list.txt', 2, "unknown option '-i'; give the list without an option: edgar-fetch urls.txt"],
  ['edgar-fetch list.txt -O downloads', 2, "unknown option '-O'; give the destination folder as --out <dir>"],
  ['edgar-fetch list.txt -j 4', 2, "unknown option '-j'; give --connections <n> for requests in flight"],
  ['edgar-fetch list.txt --continue', 2, "unknown option '--continue'; run the same command again; it fetches only what is not there"],
  ['edgar-fetch list.txt --force', 2, "unknown option '--force'; give --existing replace to fetch again what is there"],
  ['edgar-fetch list.txt --timeout 5', 2, "unknown option '--timeout'; give --max-time, --connect-timeout or --idle-timeout <duration>"],
  ['edgar-fetch list.txt --insecure', 2, "unknown option '--insecure'; certificates are always checked; NODE_EXTRA_CA_CERTS names the file of another CA"],
  ['edgar-fetch list.txt -n', 2, "unknown option '-n'; give --dry-run to see the plan"],
  ['edgar-fetch list.txt --email me@mine.org', 2, "unknown option '--email'; give your name and e-mail address as --user-agent <text>"],
  ['edgar-fetch list.txt --out', 2, '-o, --out <dir> needs a value; see edgar-fetch --help'],
  ['edgar-fetch list.txt --out=', 2, '--out "" is invalid; give the path of a folder'],
  ['edgar-fetch list.txt --out --dry-run', 2, '--out "--dry-run" is invalid; that is an option; for a folder of this name give ./--dry-run'],
  ["edgar-fetch list.txt --out '~/edgar'", 2, '--out "~/edgar" is invalid; no shell expanded the ~; give the whole path, or $HOME'],
  ['edgar-fetch list.txt -o=edgar', 2, '--out "=edgar" is invalid; give -o edgar or --out=edgar'],
  ['edgar-fetch list.txt --out s3://bucket/edgar', 2, '--out "s3://bucket/edgar" is invalid; give the path of a folder, not a URL'],
  [`edgar-fetch list.txt --out ${SEC}`, 2, '--out "https://www.sec.gov/Archives/edgar/data/1000697/00009501231…" is invalid; give the path of a folder, not a URL'],
  ['edgar-fetch list.txt --out list.txt', 2, '--out <cwd>/list.txt is, or lies below, a file; choose a folder'],
  ['edgar-fetch list.txt --out list.txt/d', 2, '--out <cwd>/list.txt/d is, or lies below, a file; choose a folder'],
  ['edgar-fetch list.txt --workers 0', 2, '--workers "0" is invalid; give a whole number from 1 to 64'],
  ['edgar-fetch list.txt --connections 5000', 2, '--connections "5000" is invalid; give a whole number from 1 to 1024'],
  ['edgar-fetch list.txt --retries 5x', 2, '--retries "5x" is invalid; give a whole number from 0 to 100'],
  ['edgar-fetch list.txt --rate 8/s', 2, '--rate "8/s" is invalid; give requests a second, such as 8 or 0.5, or none'],
  ['edgar-fetch list.txt --rate 0', 2, '--rate "0" is invalid; give requests a second, such as 8 or 0.5, or none'],
  ['edgar-fetch list.txt --max-size -1', 2, '--max-size "-1" is invalid; give a size such as 500MB, 1GiB or a number of bytes'],
  ['edgar-fetch list.txt --max-size 10megabytes', 2, '--max-size "10megabytes" is invalid; give a size such as 500MB, 1GiB or a number of bytes'],
  ['edgar-fetch list.txt --max-time 10', 2, '--max-time "10" is invalid; give a duration such as 500ms, 30s, 10m or 6h'],
  ['edgar-fetch list.txt --give-up 60d', 2, '--give-up "60d" is invalid; give at most 24d'],
  ['edgar-fetch list.txt --layout tree', 2, '--layout "tree" is invalid; choose flat or filing'],
  ['edgar-fetch list.txt --existing overwrite', 2, '--existing "overwrite" is invalid; choose skip, check or replace'],
  ['edgar-fetch list.txt --log-level verbose', 2, '--log-level "verbose" is invalid; choose error, warn, info or debug'],
  ['edgar-fetch list.txt --mirror ftp://x', 2, '--mirror "ftp://x" is invalid; give an origin such as https://mirror.example or http://localhost:8080'],
  ['edgar-fetch list.txt --mirror https://mirror.example/edgar', 2, '--mirror "https://mirror.example/edgar" is invalid; give an origin such as https://mirror.example or http://localhost:8080'],
  ['edgar-fetch list.txt --user-agent --rate 5', 2, '--user-agent "--rate" is invalid; that is an option; give a value before it'],
  // The environment.
  ['EDGAR_FETCH_CONNECTIONS=many edgar-fetch list.txt', 2, 'EDGAR_FETCH_CONNECTIONS "many" is invalid; give a whole number from 1 to 1024'],
  ['EDGAR_FETCH_JSON=maybe edgar-fetch list.txt', 2, 'EDGAR_FETCH_JSON "maybe" is invalid; give 1, true, 0 or false'],
  ["EDGAR_FETCH_OUT='~/edgar' edgar-fetch list.txt", 2, 'EDGAR_FETCH_OUT "~/edgar" is invalid; no shell expanded the ~; give the whole path, or $HOME'],
  ['HTTPS_PROXY=socks5://user:secret@x edgar-fetch list.txt', 2, 'HTTPS_PROXY is a SOCKS proxy, which is not supported; set HTTPS_PROXY and HTTP_PROXY to http://host:port'],
  ['ALL_PROXY=socks5h://user:secret@x edgar-fetch list.txt', 2, 'ALL_PROXY is a SOCKS proxy, which is not supported; set HTTPS_PROXY and HTTP_PROXY to http://host:port, which go before it'],
  ['all_proxy=http://user:secret@[ edgar-fetch list.txt', 2, 'all_proxy is not a proxy address; give it as http://host:port'],
  ['edgar-fetch status nowhere', 2, 'nowhere has no manifest (.edgar-fetch/manifest.jsonl); give the --out folder of an earlier run'],
  ['edgar-fetch --json status .', 2, 'give the options of status after its name: edgar-fetch status <dir> [options]'],
  // The SEC.
  ['edgar-fetch sec.txt', 2, "*.sec.gov is not contacted with this User-Agent (none is set); give --user-agent 'Your Name your.name@your-company.com', or export EDGAR_FETCH_USER_AGENT"],
  ['edgar-fetch sec.txt --user-agent curl/8.5', 2, "*.sec.gov is not contacted with this User-Agent (it looks like a browser's or a library's); give --user-agent 'Your Name your.name@your-company.com', or export EDGAR_FETCH_USER_AGENT"],
  ["edgar-fetch sec.txt --user-agent 'Me\nme@mine.org'", 2, 'the User-Agent has characters that a header cannot carry; give it in one line of plain text'],
  ["edgar-fetch sec.txt --user-agent 'My Firm me@my-firm.org' --rate 10", 2, '--rate 10 is too fast for *.sec.gov, which blocks an address at 10 requests a second; give at most 9'],
  ["edgar-fetch sec.txt --user-agent 'My Firm me@my-firm.org' --rate none", 2, '--rate none is too fast for *.sec.gov, which blocks an address at 10 requests a second; give at most 9'],
]; // prettier-ignore

export const MISTAKES: readonly Mistake[] = TABLE.map(([command, exitCode, says]) => ({ command, exitCode, says }));

/** Makes FILES in a folder, and the program under the name that is typed. */
export function makeMistakes(folder: string): void {
  for (const [name, content] of Object.entries(FILES)) {
    if (name.endsWith('/')) mkdirSync(join(folder, name));
    else writeFileSync(join(folder, name), content);
  }
  mkdirSync(join(folder, 'bin'));
  symlinkSync(BIN_FILE, join(folder, 'bin', 'edgar-fetch'));
}

/** Types a command in a shell. */
export function typeMistake(command: string, cwd: string): Promise<CommandEnd> {
  return runProgram('sh', ['-c', command], { cwd, env: { PATH: `${join(cwd, 'bin')}:${process.env['PATH'] ?? ''}` } });
}
