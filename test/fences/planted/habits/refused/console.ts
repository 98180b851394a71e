// no-console in electron/core
console.log('sent');
