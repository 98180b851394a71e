// house/reasoned-silence in server
// eslint-disable-next-line no-console -- the first line of a program, before its log is open
console.log('started');
