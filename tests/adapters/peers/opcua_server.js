// An OPC UA server that nobody here wrote (node-opcua), as a press. Loopback only.
//   node opcua_server.js PORT '{"tags": 0, "period": 100, "secured": false, "pki": "…", …}'
// Options: tags and period (ms) for the bench; fillers: namespaces before ours; late: ms until the
// nodes appear; sessions: how many at most; die: in so many of a hundred commands the process ends after
// it has executed one, before it answers;
// log: a file with one line for each command that was executed.
"use strict";
const fs = require("fs");
const { OPCUAServer } = require("node-opcua-server");
const { DataType } = require("node-opcua-variant");
const { StatusCodes } = require("node-opcua-status-code");
const { OPCUACertificateManager } = require("node-opcua-certificate-manager");
const { SecurityPolicy, MessageSecurityMode } = require("node-opcua-secure-channel");

const port = Number(process.argv[2]);
const given = { tags: 0, period: 100, secured: false, fillers: 0, late: 0, sessions: 20 };
Object.assign(given, JSON.parse(process.argv[3] || "{}"));
const URI = "urn:routecard:peers:press";

function populate(server, index) {
  const space = server.engine.addressSpace;
  const press = index.addObject({
    organizedBy: space.rootFolder.objects, browseName: "Press", nodeId: "s=Press", eventNotifier: 1,
  });
  const plain = (name, dataType, value, extra) => index.addVariable({
    componentOf: press, browseName: name, nodeId: "s=" + name, dataType, minimumSamplingInterval: 10,
    value: { dataType, value }, ...extra,
  });
  const kept = { file: given.log && given.log + ".kept", jobs: {} };
  if (kept.file && fs.existsSync(kept.file)) kept.jobs = JSON.parse(fs.readFileSync(kept.file));
  const known = Object.keys(kept.jobs);
  const temp = plain("Temp", "Double", 20);
  const broken = plain("Broken", "Double", 0);
  plain("Nan", "Double", NaN);
  plain("Name", "String", "PRESS-01");
  plain("SetPoint", "Float", 0);
  plain("Recipe", "UInt16", 0);
  plain("Mode", "Int32", 1, { accessLevel: "CurrentRead", userAccessLevel: "CurrentRead" });
  const jobId = plain("JobId", "String", known[known.length - 1] || "");
  const jobState = plain("JobState", "String", known.length ? "Ended" : "");
  broken.setValueFromSource({ dataType: "Double", value: 8 }, StatusCodes.BadSensorFailure);

  const start = index.addMethod(press, {
    browseName: "StartJob", nodeId: "s=Press.StartJob",
    inputArguments: [{ name: "job", dataType: DataType.String }, { name: "recipe", dataType: DataType.UInt16 }],
    outputArguments: [{ name: "accepted", dataType: DataType.Boolean }],
  });
  start.bindMethod((inputs, context, answer) => {
    const job = inputs[0].value;
    if (!(job in kept.jobs)) {
      // Execute and remember before anything else: one scan of a controller.
      kept.jobs[job] = inputs[1].value;
      if (given.log) {
        fs.appendFileSync(given.log, job + "\n");
        fs.writeFileSync(kept.file, JSON.stringify(kept.jobs));
      }
      if (Math.random() * 100 < (given.die || 0)) process.kill(process.pid, "SIGKILL");
    }
    jobId.setValueFromSource({ dataType: "String", value: job });
    jobState.setValueFromSource({ dataType: "String", value: "Ended" });
    answer(null, { statusCode: StatusCodes.Good, outputArguments: [{ dataType: DataType.Boolean, value: true }] });
  });

  let alarms = 0;
  const raise = index.addMethod(press, {
    browseName: "Raise", nodeId: "s=Press.Raise",
    inputArguments: [{ name: "text", dataType: DataType.String }], outputArguments: [],
  });
  raise.bindMethod((inputs, context, answer) => {
    press.raiseEvent("BaseEventType", {
      message: { dataType: DataType.LocalizedText, value: { text: inputs[0].value } },
      severity: { dataType: DataType.UInt16, value: 700 + alarms++ },
      sourceName: { dataType: DataType.String, value: "Overpressure" },
    });
    answer(null, { statusCode: StatusCodes.Good, outputArguments: [] });
  });

  const rounds = plain("Rounds", "UInt32", 0);
  const tags = [];
  for (let n = 0; n < given.tags; n++) tags.push(plain("t" + n, "Double", 0));
  let count = 0, next = Date.now();
  const tick = () => {
    count++;
    temp.setValueFromSource({ dataType: "Double", value: 20 + (count % 50) * 0.1 });
    const now = Date.now() / 1000;
    for (const tag of tags) tag.setValueFromSource({ dataType: "Double", value: now });
    rounds.setValueFromSource({ dataType: "UInt32", value: count });
    next += given.period;
    setTimeout(tick, Math.max(0, next - Date.now()));
  };
  tick();
}

async function main() {
  const options = {
    host: "127.0.0.1", hostname: "127.0.0.1", port, resourcePath: "/press",
    serverInfo: { applicationUri: "urn:routecard:peers:server" },
    allowAnonymous: !given.secured,
    userManager: { isValidUser: (user, password) => user === "mes" && password === "s3cret" },
    serverCapabilities: {
      maxSessions: given.sessions, maxSubscriptions: 200, maxMonitoredItems: 100000,
      maxMonitoredItemsPerSubscription: 50000,
      operationLimits: { maxNodesPerRead: 1000, maxNodesPerWrite: 1000, maxMonitoredItemsPerCall: 1000 },
    },
    serverCertificateManager: new OPCUACertificateManager({
      rootFolder: given.pki, automaticallyAcceptUnknownCertificate: false,
    }),
    securityPolicies: given.secured
      ? [SecurityPolicy.Basic256Sha256, SecurityPolicy.Aes256_Sha256_RsaPss] : [SecurityPolicy.None],
    securityModes: given.secured ? [MessageSecurityMode.SignAndEncrypt] : [MessageSecurityMode.None],
  };
  const server = new OPCUAServer(options);
  await server.initialize();
  for (let n = 0; n < given.fillers; n++) server.engine.addressSpace.registerNamespace("urn:filler:" + n);
  const ours = server.engine.addressSpace.registerNamespace(URI);
  await server.start();
  if (given.late) setTimeout(() => populate(server, ours), given.late);
  else populate(server, ours);
  console.log("READY");
}
main().catch((error) => { console.error(error); process.exit(1); });
