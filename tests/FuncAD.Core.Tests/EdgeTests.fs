module FuncAD.Tests.EdgeTests
let nothing = ()
