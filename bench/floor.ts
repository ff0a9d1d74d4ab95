// What no Pulumi program on AWS can be quicker than: Node starts and loads the SDK and the one module of API Gateway.
import * as apigateway from "@pulumi/aws/apigateway/index.js";
import * as pulumi from "@pulumi/pulumi";

if (typeof pulumi.Output !== "function" || typeof apigateway.RestApi !== "function") throw new Error("the SDK was not loaded");
