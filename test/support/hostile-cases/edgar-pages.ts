// EDGAR's pages of refusal and S3's errors, written after the recordings, shortened.
import { htmlPage } from './documents.ts';

const secPage = (title: string, heading: string, text: string): Buffer =>
  Buffer.from(
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">\n' +
      `<html xmlns="http://www.w3.org/1999/xhtml">\n<head>\n<title>SEC.gov | ${title}</title>\n</head>\n<body>\n` +
      '<div id="header">U.S. Securities and Exchange Commission</div>\n' +
      `<div id="content">\n<h1>${heading}</h1>\n<p>${text}</p>\n</div>\n</body>\n</html>\n`,
  );

export const THROTTLED = secPage(
  'Request Rate Threshold Exceeded',
  'You’ve Exceeded the SEC’s Traffic Limit',
  'Your request rate has exceeded the SEC’s maximum allowable requests per second. Your access to SEC.gov will be limited for 10 minutes.',
);
export const UNDECLARED = secPage(
  'Your Request Originates from an Undeclared Automated Tool',
  'Your Request Originates from an Undeclared Automated Tool',
  'To allow for equitable access to all users, SEC reserves the right to limit requests originating from undeclared automated tools. ' +
    'Please declare your traffic by updating your user agent to include company specific information.',
);
export const SHORT_FORM = Buffer.from(
  '<html><head><title>SEC.gov | Request Rate Threshold Exceeded</title></head><body><div id="content"><h1>Automated access to our sites ' +
    'must comply with SEC.gov’s Privacy and Security Policy.</h1><p>Please visit www.sec.gov/developer for more developer resources ' +
    'and Fair Access guidelines.</p></div></body></html>',
);
export const MAINTENANCE = htmlPage(
  'SEC.gov | File Unavailable',
  'The file you requested is currently unavailable. SEC.gov is undergoing maintenance. Please try again later.',
);
export const NOT_FOUND = htmlPage(
  'SEC.gov | File Not Found Error Alert (404)',
  'File Not Found. The page may have been removed.',
);

export const s3Error = (code: string, message: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message><RequestId>0A1B2C3D4E5F6071</RequestId></Error>`;

export const ACCESS_DENIED = s3Error('AccessDenied', 'Access Denied');
export const NO_SUCH_KEY = s3Error('NoSuchKey', 'The specified key does not exist.');
