package dev.tempost.app.ops;

import dev.tempost.app.access.Problems;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Arrays;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.springframework.core.DefaultParameterNameDiscoverer;
import org.springframework.core.MethodParameter;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerInterceptor;

/** Refuses a request with a parameter that nobody reads: a mistyped filter would list everything. */
final class KnownParameters implements HandlerInterceptor {

    @Override
    public boolean preHandle(HttpServletRequest request, HttpServletResponse response, Object handler)
            throws IOException {
        if (!(handler instanceof HandlerMethod method)
                || !method.getBeanType().getPackageName().equals(KnownParameters.class.getPackageName())) {
            return true;
        }
        TreeSet<String> known = Arrays.stream(method.getMethodParameters())
                .filter(parameter -> parameter.hasParameterAnnotation(RequestParam.class))
                .map(KnownParameters::name)
                .collect(Collectors.toCollection(TreeSet::new));
        for (String name : request.getParameterMap().keySet()) {
            if (!known.contains(name)) {
                Problems.write(
                        response,
                        HttpStatus.BAD_REQUEST,
                        "Parameter '" + name + "' means nothing here. "
                                + (known.isEmpty() ? "There are none." : "These do: " + known + "."));
                return false;
            }
        }
        return true;
    }

    private static String name(MethodParameter parameter) {
        String own = Objects.requireNonNull(parameter.getParameterAnnotation(RequestParam.class))
                .name();
        if (!own.isEmpty()) {
            return own;
        }
        parameter.initParameterNameDiscovery(new DefaultParameterNameDiscoverer());
        return String.valueOf(parameter.getParameterName());
    }
}
