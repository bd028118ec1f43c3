// What the bundle takes of undici in place of its index, which also evaluates fetch, caches, web sockets, mocks and agents,
// in every thread: 25 ms a thread. The library and its HTTP parser are the same.
module.exports = {
  Client: require('undici/lib/dispatcher/client.js'),
  buildConnector: require('undici/lib/core/connect.js'),
  errors: require('undici/lib/core/errors.js'),
};
