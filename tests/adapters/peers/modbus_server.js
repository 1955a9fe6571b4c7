// A Modbus TCP server that nobody here wrote (modbus-serial). Loopback only.
//   node modbus_server.js PORT
// It answers registers that do not exist with 0 and no exception: why a heartbeat is needed.
"use strict";
const { ServerTCP } = require("modbus-serial");
const registers = new Uint16Array(1000).map((_, at) => at);
const coils = new Uint8Array(200);
const float = Buffer.alloc(4);
float.writeFloatBE(123.5);
registers[0] = float.readUInt16BE(0);
registers[1] = float.readUInt16BE(2);
const server = new ServerTCP({
  getInputRegister: (at) => 1000 + at,
  getHoldingRegister: (at) => registers[at],
  getCoil: (at) => !!coils[at],
  getDiscreteInput: (at) => at % 2 === 0,
  setRegister: (at, value) => { registers[at] = value; },
  setCoil: (at, value) => { coils[at] = value; },
}, { host: "127.0.0.1", port: Number(process.argv[2]), debug: false, unitID: 255 });
server.on("initialized", () => console.log("READY"));
server.on("socketError", () => {});
