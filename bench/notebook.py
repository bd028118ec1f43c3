"""The Ray notebook's way of downloading, with what is in the standard library in Ray's place: four processes, one
requests.get for each URL, the text decoded and written as UTF-8.

notebook.py LIST DIRECTORY
"""

import sys
from multiprocessing import Pool
from pathlib import Path

import requests

PROCESSES = 4
HEADERS = {"User-Agent": "Example Bench bench@example.com"}


def download(task: "tuple[str, str]") -> None:
    url, directory = task
    response = requests.get(url, headers=HEADERS, timeout=60)
    response.raise_for_status()
    Path(directory, url.rsplit("/", 1)[1]).write_text(response.text, encoding="utf-8")


def main() -> None:
    urls, directory = sys.argv[1:]
    tasks = [(url, directory) for url in Path(urls).read_text().splitlines()]
    pool = Pool(PROCESSES)
    for _ in pool.imap_unordered(download, tasks):
        pass
    pool.close()
    pool.join()


if __name__ == "__main__":
    main()
