// house/reasoned-silence in server
// eslint-disable-next-line no-console
console.log('started');
